; Lanspread-Setup.exe. For one user and without rights by default; /AllUsers installs for everybody and needs them.
;   /S             asks nothing           /D=FOLDER      where to (the last argument, without quotes)
;   /AllUsers      for everybody          /Autostart     starts with Windows: for the PCs of a café
;   /NoDesktop     no icon on the desktop
; The uninstaller takes /S, /RemoveState (settings, identity, database) and /RemoveGames (the games in the default folder).
;
; A new version is written beside the one that runs and becomes current by one rename, so Lanspread may go on running.
Unicode true
Target amd64-unicode
SetCompressor /SOLID @COMPRESSOR@
SetDateSave off
RequestExecutionLevel user
Name "Lanspread"
OutFile "@OUT@"
ManifestSupportedOS all
VIProductVersion "@VERSION@.0"
VIAddVersionKey "ProductName" "Lanspread"
VIAddVersionKey "FileDescription" "Lanspread Setup"
VIAddVersionKey "FileVersion" "@VERSION@"
VIAddVersionKey "LegalCopyright" "MIT license"

!include "MUI2.nsh"
!include "FileFunc.nsh"
!include "LogicLib.nsh"
!include "Sections.nsh"
!include "TextFunc.nsh"

!define MUI_ICON "@ICON@"
!define MUI_UNICON "@ICON@"
!define MUI_FINISHPAGE_RUN "$INSTDIR\Lanspread.exe"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Lanspread"
!define MOVEFILE_REPLACE_EXISTING_WRITE_THROUGH 9
; What Windows says to a program that lacks the rights.
!define ERROR_ELEVATION_REQUIRED 740
!define ERROR_SHARING_VIOLATION 32

!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_COMPONENTS
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "German"

LangString sectionProgram ${LANG_ENGLISH} "Lanspread"
LangString sectionProgram ${LANG_GERMAN} "Lanspread"
LangString sectionDesktop ${LANG_ENGLISH} "Icon on the desktop"
LangString sectionDesktop ${LANG_GERMAN} "Symbol auf dem Desktop"
LangString sectionAutostart ${LANG_ENGLISH} "Start with Windows"
LangString sectionAutostart ${LANG_GERMAN} "Mit Windows starten"
LangString sectionState ${LANG_ENGLISH} "My settings and play times"
LangString sectionState ${LANG_GERMAN} "Meine Einstellungen und Spielzeiten"
LangString sectionGames ${LANG_ENGLISH} "My games in the default folder"
LangString sectionGames ${LANG_GERMAN} "Meine Spiele im Standardordner"
LangString needsRights ${LANG_ENGLISH} "Installing for all users needs an administrator: run the setup as one, or leave out /AllUsers."
LangString needsRights ${LANG_GERMAN} "Die Installation für alle braucht einen Administrator: als solcher starten oder /AllUsers weglassen."
LangString cannotWrite ${LANG_ENGLISH} "The new version could not be put in place. What was installed is unchanged. Choose another folder, or try again."
LangString cannotWrite ${LANG_GERMAN} "Die neue Version ließ sich nicht einrichten. Das Installierte ist unverändert. Anderen Ordner wählen oder erneut versuchen."
LangString isRunning ${LANG_ENGLISH} "Lanspread still runs. Quit it, then uninstall it again."
LangString isRunning ${LANG_GERMAN} "Lanspread läuft noch. Bitte beenden, dann erneut deinstallieren."

Var forAll

!macro readFlag name variable
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "${name}" $1
  ${IfNot} ${Errors}
    StrCpy ${variable} 1
  ${EndIf}
!macroend

; Both the installer and the uninstaller: whose folders and whose part of the registry are meant.
!macro chooseContext
  ${If} $forAll == 1
    SetShellVarContext all
  ${Else}
    SetShellVarContext current
  ${EndIf}
!macroend

Function .onInit
  StrCpy $forAll 0
  !insertmacro readFlag "/AllUsers" $forAll
  ${If} $forAll == 1
    UserInfo::GetAccountType
    Pop $0
    ${If} $0 != "Admin"
      MessageBox MB_OK|MB_ICONSTOP "$(needsRights)" /SD IDOK
      SetErrorLevel ${ERROR_ELEVATION_REQUIRED}
      Quit
    ${EndIf}
  ${EndIf}
  !insertmacro chooseContext
  ; /D has set it already.
  ${If} $INSTDIR == ""
    ReadRegStr $INSTDIR SHCTX "${UNINSTALL_KEY}" "InstallLocation"
  ${EndIf}
  ${If} $INSTDIR == ""
    ${If} $forAll == 1
      StrCpy $INSTDIR "$PROGRAMFILES64\Lanspread"
    ${Else}
      StrCpy $INSTDIR "$LOCALAPPDATA\Programs\Lanspread"
    ${EndIf}
  ${EndIf}
  Call chooseSections
FunctionEnd

; A file of the program's folder that may be open: what is there makes way under another name.
!macro replaceFile name
  ${If} ${FileExists} "$INSTDIR\${name}"
    Delete "$INSTDIR\${name}.old"
    Rename "$INSTDIR\${name}" "$INSTDIR\${name}.old"
  ${EndIf}
  Rename "$INSTDIR\incoming\${name}" "$INSTDIR\${name}"
  Delete "$INSTDIR\${name}.old"
!macroend

Section "-program"
  SetOutPath "$INSTDIR\incoming"
  RMDir /r "$INSTDIR\incoming"
  ClearErrors
  SetOutPath "$INSTDIR\incoming"
  File /r "@FOLDER@/*"
  WriteUninstaller "$INSTDIR\incoming\uninstall.exe"
  SetOutPath "$INSTDIR"
  ${If} ${Errors}
    Goto failed
  ${EndIf}

  ; The version itself. One of the same number that runs cannot be moved, and is kept.
  CreateDirectory "$INSTDIR\versions"
  RMDir /r "$INSTDIR\versions\replaced"
  ${If} ${FileExists} "$INSTDIR\versions\@VERSION@\*.*"
    Rename "$INSTDIR\versions\@VERSION@" "$INSTDIR\versions\replaced"
  ${EndIf}
  ${IfNot} ${FileExists} "$INSTDIR\versions\@VERSION@\*.*"
    ClearErrors
    Rename "$INSTDIR\incoming\versions\@VERSION@" "$INSTDIR\versions\@VERSION@"
    ${If} ${Errors}
      Rename "$INSTDIR\versions\replaced" "$INSTDIR\versions\@VERSION@"
      Goto failed
    ${EndIf}
  ${EndIf}
  RMDir /r "$INSTDIR\versions\replaced"

  ; What stands outside of every version.
  CreateDirectory "$INSTDIR\boot"
  CreateDirectory "$INSTDIR\certs"
  @REPLACE@
  Call writePointer
  RMDir /r "$INSTDIR\incoming"
  Call removeOldVersions

  CreateShortcut "$SMPROGRAMS\Lanspread.lnk" "$INSTDIR\Lanspread.exe" "" "$INSTDIR\Lanspread.exe" 0
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "DisplayName" "Lanspread"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "DisplayVersion" "@VERSION@"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\Lanspread.exe"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "Publisher" "Lanspread"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "NoRepair" 1
  ${If} $forAll == 1
    WriteRegStr SHCTX "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe" /AllUsers'
    WriteRegStr SHCTX "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /AllUsers /S'
  ${Else}
    WriteRegStr SHCTX "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
    WriteRegStr SHCTX "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  ${EndIf}
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "EstimatedSize" $0
  Call openFirewall
  Goto done
failed:
  RMDir /r "$INSTDIR\incoming"
  MessageBox MB_OK|MB_ICONSTOP "$(cannotWrite)" /SD IDOK
  SetErrorLevel 1
  Abort
done:
SectionEnd

Section "$(sectionDesktop)" desktop
  CreateShortcut "$DESKTOP\Lanspread.lnk" "$INSTDIR\Lanspread.exe" "" "$INSTDIR\Lanspread.exe" 0
SectionEnd

Section /o "$(sectionAutostart)" autostart
  CreateShortcut "$SMSTARTUP\Lanspread.lnk" "$INSTDIR\Lanspread.exe" "" "$INSTDIR\Lanspread.exe" 0
SectionEnd

Function chooseSections
  StrCpy $2 0
  !insertmacro readFlag "/Autostart" $2
  ${If} $2 == 1
    !insertmacro SelectSection ${autostart}
  ${EndIf}
  StrCpy $2 0
  !insertmacro readFlag "/NoDesktop" $2
  ${If} $2 == 1
    !insertmacro UnselectSection ${desktop}
  ${EndIf}
FunctionEnd

; The current version first, then the one before it: to that one a start goes back when the new one fails.
Function writePointer
  StrCpy $1 ""
  ClearErrors
  FileOpen $0 "$INSTDIR\current" r
  ${IfNot} ${Errors}
    FileRead $0 $1
    ${TrimNewLines} $1 $1
    ${If} $1 == "@VERSION@"
      FileRead $0 $1
      ${TrimNewLines} $1 $1
    ${EndIf}
    FileClose $0
  ${EndIf}
  FileOpen $0 "$INSTDIR\current.new" w
  FileWrite $0 "@VERSION@$\n"
  ${If} $1 != ""
  ${AndIf} $1 != "@VERSION@"
    FileWrite $0 "$1$\n"
  ${EndIf}
  FileClose $0
  System::Call 'kernel32::MoveFileExW(w "$INSTDIR\current.new", w "$INSTDIR\current", i ${MOVEFILE_REPLACE_EXISTING_WRITE_THROUGH})'
FunctionEnd

; A version that runs keeps its Node open, which cannot be deleted then: it stays whole until the next upgrade.
Function removeOldVersions
  StrCpy $5 ""
  FileOpen $0 "$INSTDIR\current" r
  FileRead $0 $4
  ${TrimNewLines} $4 $4
  FileRead $0 $5
  ${TrimNewLines} $5 $5
  FileClose $0
  FindFirst $0 $1 "$INSTDIR\versions\*"
  ${DoWhile} $1 != ""
    ${If} $1 != "."
    ${AndIf} $1 != ".."
    ${AndIf} $1 != $4
    ${AndIf} $1 != $5
      Delete "$INSTDIR\versions\$1\@NODE@"
      ${IfNot} ${FileExists} "$INSTDIR\versions\$1\@NODE@"
        RMDir /r "$INSTDIR\versions\$1"
      ${EndIf}
    ${EndIf}
    FindNext $0 $1
  ${Loop}
  FindClose $0
FunctionEnd

; On networks that Windows calls private or the company's. Without rights Windows asks at the first start.
Function openFirewall
  UserInfo::GetAccountType
  Pop $0
  ${If} $0 == "Admin"
    nsExec::Exec 'netsh advfirewall firewall delete rule name="Lanspread"'
    Pop $0
    nsExec::Exec 'netsh advfirewall firewall add rule name="Lanspread" dir=in action=allow profile=private,domain program="$INSTDIR\versions\@VERSION@\@NODE@"'
    Pop $0
  ${EndIf}
FunctionEnd

Function un.onInit
  StrCpy $forAll 0
  !insertmacro readFlag "/AllUsers" $forAll
  !insertmacro chooseContext
  Call un.chooseSections
FunctionEnd

Section "un.-stop"
  ; Whoever plays or is fetched from is asked to end in order.
  FileOpen $0 "$INSTDIR\current" r
  FileRead $0 $1
  FileClose $0
  ${TrimNewLines} $1 $1
  nsExec::Exec '"$INSTDIR\versions\$1\@NODE@" "$INSTDIR\boot\boot.mjs" quit'
  Pop $0
  ; A process lets its program go a moment after it has ended.
  StrCpy $2 0
  ${Do}
    Delete "$INSTDIR\versions\$1\@NODE@"
    ${IfNot} ${FileExists} "$INSTDIR\versions\$1\@NODE@"
      ${ExitDo}
    ${EndIf}
    IntOp $2 $2 + 1
    ${If} $2 > 50
      MessageBox MB_OK|MB_ICONSTOP "$(isRunning)" /SD IDOK
      SetErrorLevel ${ERROR_SHARING_VIOLATION}
      Abort
    ${EndIf}
    Sleep 200
  ${Loop}
  Delete "$SMPROGRAMS\Lanspread.lnk"
  Delete "$DESKTOP\Lanspread.lnk"
  Delete "$SMSTARTUP\Lanspread.lnk"
  DeleteRegKey SHCTX "${UNINSTALL_KEY}"
  UserInfo::GetAccountType
  Pop $0
  ${If} $0 == "Admin"
    nsExec::Exec 'netsh advfirewall firewall delete rule name="Lanspread"'
    Pop $0
  ${EndIf}
SectionEnd

; The state of whoever uninstalls; the games of the default folder lie in it and are asked for separately.
Section /o "un.$(sectionState)" unState
  SetShellVarContext current
  FindFirst $0 $1 "$LOCALAPPDATA\Lanspread\*"
  ${DoWhile} $1 != ""
    ${If} $1 != "."
    ${AndIf} $1 != ".."
    ${AndIf} $1 != "games"
      ${If} ${FileExists} "$LOCALAPPDATA\Lanspread\$1\*.*"
        RMDir /r "$LOCALAPPDATA\Lanspread\$1"
      ${Else}
        Delete "$LOCALAPPDATA\Lanspread\$1"
      ${EndIf}
    ${EndIf}
    FindNext $0 $1
  ${Loop}
  FindClose $0
  RMDir "$LOCALAPPDATA\Lanspread\games"
  RMDir "$LOCALAPPDATA\Lanspread"
SectionEnd

Section /o "un.$(sectionGames)" unGames
  SetShellVarContext current
  RMDir /r "$LOCALAPPDATA\Lanspread\games"
  RMDir "$LOCALAPPDATA\Lanspread"
SectionEnd

; Last of all, so that who sees the folder gone knows that everything is done.
Section "un.-program"
  RMDir /r "$INSTDIR\versions"
  RMDir /r "$INSTDIR\incoming"
  RMDir /r "$INSTDIR\boot"
  RMDir /r "$INSTDIR\certs"
  @DELETE@
  Delete "$INSTDIR\current"
  Delete "$INSTDIR\current.new"
  Delete "$INSTDIR\uninstall.exe"
  ; Not with what somebody else put there.
  SetOutPath "$TEMP"
  RMDir "$INSTDIR"
SectionEnd

Function un.chooseSections
  StrCpy $2 0
  !insertmacro readFlag "/RemoveState" $2
  ${If} $2 == 1
    !insertmacro SelectSection ${unState}
  ${EndIf}
  StrCpy $2 0
  !insertmacro readFlag "/RemoveGames" $2
  ${If} $2 == 1
    !insertmacro SelectSection ${unGames}
  ${EndIf}
FunctionEnd
